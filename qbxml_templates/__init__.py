"""The qbXML requests, one template each: elements in the order of the schema, each explained by a comment."""
