"""The service: pictures over HTTP in, the classes that the registered model sees in them out."""
