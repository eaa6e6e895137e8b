"""`Network.fit`: what it is given (`fit`), where it stands (`run`), its steps (`stepping`), its data (`feeds`)."""
