"""What moving a repo between levels is made of: git, the record of an emission, its base, the plan and its journal."""
