-- Tables of the sample entities. Words in braces stand for what the two databases write differently.
CREATE TABLE {main}accounts (
  {audit},
  created_by {uuid}, modified_by {uuid},
  id {uuid} NOT NULL PRIMARY KEY,
  name {text} NOT NULL CHECK (length(name) <= 50),
  key {text} NOT NULL CONSTRAINT uq_accounts_key UNIQUE,
  status {integer} NOT NULL CHECK (status BETWEEN 0 AND 3),
  website {text}
);
CREATE TABLE {main}persons (
  {audit},
  id {uuid} NOT NULL PRIMARY KEY,
  name {text} NOT NULL,
  phrase {text}
);
CREATE TABLE {main}memberships (
  {audit},
  created_by {text}, modified_by {text},
  id {uuid} NOT NULL PRIMARY KEY,
  role {text},
  person_id {uuid} NOT NULL REFERENCES {main}persons,
  account_id {uuid} NOT NULL REFERENCES {main}accounts
);
CREATE TABLE {main}documents (
  {audit},
  created_by {uuid}, modified_by {uuid},
  id {uuid} NOT NULL PRIMARY KEY,
  title {text} NOT NULL,
  body {text},
  pages {integer} NOT NULL,
  published {boolean} NOT NULL,
  membership_id {uuid} REFERENCES {main}memberships,
  account_id {uuid} NOT NULL REFERENCES {main}accounts
);
CREATE UNIQUE INDEX uq_documents_title ON {main}documents (account_id, title) WHERE NOT deleted;
CREATE TABLE {main}comments (
  {audit},
  created_by {text}, modified_by {text},
  id {uuid} NOT NULL PRIMARY KEY,
  wording {text} NOT NULL,
  place {integer} NOT NULL,
  document_id {uuid} REFERENCES {main}documents,
  membership_id {uuid} NOT NULL REFERENCES {main}memberships
);
CREATE TABLE {main}covers (
  id {uuid} NOT NULL PRIMARY KEY,
  picture {text} NOT NULL,
  document_id {uuid} NOT NULL REFERENCES {main}documents
);
CREATE TABLE {main}bookmarks (
  {audit},
  id {uuid} NOT NULL PRIMARY KEY,
  address {text} NOT NULL,
  person_id {uuid} NOT NULL REFERENCES {main}persons,
  account_id {uuid} NOT NULL REFERENCES {main}accounts
);
CREATE TABLE {main}secrets (
  id {serial},
  hint {text} NOT NULL,
  words {text} NOT NULL
);
CREATE VIEW {main}document_titles AS SELECT id, title, account_id FROM {main}documents WHERE NOT deleted;
-- Rows of different tenants may have the same id here, so that a row is found in the right tenant or not at all.
CREATE TABLE {main}samples (
  {audit},
  id {uuid} NOT NULL,
  name {text} NOT NULL,
  note {text},
  number {integer},
  flag {boolean},
  happened_on {timestamp},
  day {date},
  data {json},
  tags {texts},
  codes {integers},
  account_id {uuid} NOT NULL,
  PRIMARY KEY (account_id, id)
);
