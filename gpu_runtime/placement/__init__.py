"""Where jobs run, behind `vibeboard.jobs.Placement`."""
