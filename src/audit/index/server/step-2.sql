-- From version 1 to version 2 of the index on PostgreSQL: as ../step-2.sql, which says why.

UPDATE artifact SET stamp = NULL;
UPDATE container SET stamp = '';
DELETE FROM mention;
