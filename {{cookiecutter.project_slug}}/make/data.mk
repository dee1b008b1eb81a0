# Level 1, the data pipeline: gather, check, land.
.PHONY: ingest ingest-status

ingest: $(READY) ## gather what is new into data/landed; code 3: something went to quarantine
	$(MLOPS) ingest

ingest-status: $(READY) ## what is landed, and what waits in quarantine
	$(MLOPS) data status
	$(MLOPS) quarantine list
