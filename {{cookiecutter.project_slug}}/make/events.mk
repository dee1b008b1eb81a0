# Level 2, events: what happened, told once to whoever has to act on it.
.PHONY: events-broker events-send events-consume events-list events-dead

events-broker: $(READY) ## run the local event broker, until Ctrl+C
	$(MLOPS) events broker

events-send: $(READY) ## tell new data, send what waits in the outbox
	$(MLOPS) events watch
	$(MLOPS) events send

events-consume: $(READY) ## take what the broker has; the layers' handlers act on it
	$(MLOPS) events consume

events-list: $(READY) ## the latest events, and what became of each
	$(MLOPS) events list

events-dead: $(READY) ## what is delivered no more, and why
	$(MLOPS) events dead
