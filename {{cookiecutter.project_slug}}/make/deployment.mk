# Level 3, deployment.

.PHONY: endpoint-up endpoint-status endpoint-down

endpoint-up: $(READY) ## run the endpoint in its last committed state; it stays when this comes back (PORT=n)
	$(MLOPS) endpoint up --detach $(if $(PORT),--port $(PORT))

endpoint-status: $(READY) ## what is deployed, who gets what, how every process is
	$(MLOPS) endpoint status

endpoint-down: $(READY) ## end the endpoint, once it has answered what it has begun
	$(MLOPS) endpoint down
