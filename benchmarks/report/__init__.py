"""Results made readable: a table, a picture, a page of the documentation."""
