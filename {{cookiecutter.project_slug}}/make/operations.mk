# Level 4: operations.
.PHONY: operate status drills

operate: $(READY) ## run everything on schedules and events, until Ctrl+C
	$(MLOPS) operate

status: $(READY) ## one page of how everything is
	$(MLOPS) status

DRILLS := drift regression stale-features bad-data bad-model outage
drills: $(READY) ## put each fault into a running copy, and see that what must happen does (six to eight minutes)
	for name in $(DRILLS); do $(MLOPS) drill $$name || exit 1; done
