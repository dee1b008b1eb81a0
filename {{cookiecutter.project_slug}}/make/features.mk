# Level 2, the feature store: values for training and for serving from one definition.
.PHONY: features features-status features-skew features-export

features: $(READY) ## compute features that have changed, and write the newest for servers (AT=time for old data)
	$(MLOPS) features materialise $(if $(AT),--at '$(AT)')

features-status: $(READY) ## what is computed, how old it is, the latest runs
	$(MLOPS) features status

features-skew: $(READY) ## is serving given what training was given
	$(MLOPS) features skew

features-export: $(READY) ## the definitions as files for Azure's feature store (SOURCE=where the rows are)
	$(MLOPS) features export $(if $(SOURCE),--source '$(SOURCE)')
