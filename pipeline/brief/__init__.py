"""简报: gathered from the database, rendered as HTML, PDF and workbook, kept in the data folder."""
