"""Records as FHIR resources."""
