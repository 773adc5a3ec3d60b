"""FHIR R4 (4.0.1) documents: prescriptions as others send them, read strictly and by our own words."""
