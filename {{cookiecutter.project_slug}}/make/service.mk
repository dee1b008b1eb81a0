# Level 1, the application: accept a handed-off model, serve it.
.PHONY: accept models serve

accept: ## check handoff/ and serve its model from now on (FROM=folder, BY=name, REASON=text)
	$(MLOPS) accept $(or $(FROM),handoff) $(if $(BY),--by "$(BY)") $(if $(REASON),--reason "$(REASON)")

models: ## list the accepted models
	$(MLOPS) models

serve: ## serve the accepted model on 127.0.0.1:8000 (PORT=n)
	$(MLOPS) serve --port $(or $(PORT),8000)
