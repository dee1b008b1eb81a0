# Level 0, by hand: the sample, training, the hand-off folder.
.PHONY: sample train handoff-check

sample: $(READY) ## fill the sample's database and export its table
	$(MLOPS) sample

train: $(READY) ## train on the table of project.toml; writes handoff/
	$(MLOPS) train

handoff-check: $(READY) ## load handoff/ and compare its sample answers
	$(MLOPS) handoff check handoff
