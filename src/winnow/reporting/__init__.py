"""Pictures and pages made from the files that the steps wrote."""
