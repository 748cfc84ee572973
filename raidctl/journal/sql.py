"""Every statement of the journal, in the part of SQL that SQLite 3.39 and PostgreSQL share.

A parameter is `:named`; `IN :names` stands for a list, which each database spells in its way.
Times are texts that sort as the moments do (without a locale), values are JSON, 0 and 1 are truth.
"""

import re
from collections.abc import Iterable

_FIELD = "incident, issue_id, field"
_OF_FIELD = "incident = :incident AND issue_id = :issue_id AND field = :field"


def _insert(table: str, columns: str) -> str:
    values = ", ".join(f":{name}" for name in columns.split(", "))
    return f"INSERT INTO {table} ({columns}) VALUES ({values})"


def _put(table: str, key: str, rest: str) -> str:
    """An INSERT of a row that takes the place of the one with its key."""
    taken = ", ".join(f"{name} = excluded.{name}" for name in rest.split(", "))
    return f"{_insert(table, f'{key}, {rest}')} ON CONFLICT ({key}) DO UPDATE SET {taken}"


def without(columns: Iterable[str], statement: str) -> str:
    """The statement that reads NULL in the place of columns which a journal does not have yet."""
    for column in columns:
        statement = re.sub(rf"\b{column}\b", "NULL", statement)
    return statement


# Runs. The newest is the one that was begun last, by the clock of its host.

_RUN = "id, command, started_at, pid"
_RUN += ", direction, finished_at, exit_code, plan, outcomes, held, why, counts, host, asking_since"
_NEWEST_FIRST = "ORDER BY started_at DESC, id DESC"
BEGIN_RUN = _insert("runs", _RUN)
END_RUN = """
UPDATE runs SET direction = :direction, finished_at = :finished_at, exit_code = :exit_code,
  plan = :plan, outcomes = :outcomes, held = :held, why = :why, counts = :counts,
  asking_since = NULL
WHERE id = :id RETURNING id
"""
ASKING = "UPDATE runs SET asking_since = :since WHERE id = :run"
FORGET_QUIET = """
DELETE FROM runs WHERE id = :run AND exit_code = 0 AND outcomes = '[]'
  AND NOT EXISTS (SELECT 1 FROM writes WHERE run = :run)
"""
RUN_END = "SELECT finished_at FROM runs WHERE id = :id"
LATEST_RUNS = f"SELECT {_RUN} FROM runs {_NEWEST_FIRST} LIMIT :limit"
LATEST_RUNS_OF = f"SELECT {_RUN} FROM runs WHERE command = :command {_NEWEST_FIRST} LIMIT :limit"
NAMED_RUNS = f"SELECT {_RUN} FROM runs WHERE id IN :names {_NEWEST_FIRST}"
RUNNING = f"SELECT {_RUN} FROM runs WHERE finished_at IS NULL {_NEWEST_FIRST} LIMIT 1"

# Baselines. One that is seen to stand there just so is left alone, and so are its run and its time,
# which is the start of its run. `seen_at` is NULL for as long as no run has seen the pair differ:
# until then the latest whole reading that covers its link has seen it.

_PAIR = "impact, jira, tables, state, direction"
_STORED = ", ".join(f"baselines.{name}" for name in _PAIR.split(", "))
_GIVEN = ", ".join(f"excluded.{name}" for name in _PAIR.split(", "))
_STARTED = "COALESCE((SELECT started_at FROM runs WHERE id = :run), :at)"
_BASELINE = f"{_PAIR}, run, at, seen_at"
PUT_BASELINE = _put("baselines", _FIELD, _BASELINE).replace(":at, :seen_at", f"{_STARTED}, NULL")
SEE_BASELINE = (
    f"{PUT_BASELINE} WHERE ({_STORED}, baselines.seen_at) IS DISTINCT FROM ({_GIVEN}, NULL)"
)
ADOPT_BASELINE = _insert("baselines", f"{_FIELD}, {_BASELINE}").replace(":at,", f"{_STARTED},")
ADOPT_BASELINE += f" ON CONFLICT ({_FIELD}) DO NOTHING"
SEE_DRIFT = """
UPDATE baselines SET seen_at = CASE WHEN :covered_at > at THEN :covered_at ELSE at END
WHERE incident = :incident AND field = :field AND seen_at IS NULL
"""
# What an undo leaves pairs the target with what the first write of its chain had copied.
UNDO_LEAVES = f"""
WITH RECURSIVE chain (at, undoes) AS (
  SELECT at, undoes FROM writes WHERE id = :undoes
  UNION SELECT writes.at, writes.undoes FROM writes JOIN chain ON writes.id = chain.undoes
)
UPDATE baselines SET seen_at = (SELECT MIN(at) FROM chain) WHERE {_OF_FIELD}
"""
BASELINES = f"SELECT {_FIELD}, {_PAIR}, at, seen_at FROM baselines WHERE incident IN :incidents"
PUT_READING = _put("readings", "field", "started_at, closed_since")
READINGS = "SELECT field, started_at, closed_since FROM readings"
ANY_BASELINE = "SELECT 1 FROM baselines LIMIT 1"

# Guards against the echo of a write. `expires_at` is in seconds since 1970.

_GUARD = "entity_type, entity_id, direction, field"
PUT_GUARD = _put("guards", _GUARD, "expires_at")
END_GUARDS = "DELETE FROM guards WHERE expires_at <= :now"
GUARDS = """
SELECT entity_id, direction, field, expires_at FROM guards
WHERE entity_type = 'incident' AND expires_at > :now AND entity_id IN :incidents
"""

# Links as they were last seen, those that nobody but the journal has, and JIRA accounts of e-mails.

PUT_LINK = _put("links", "incident", "issue_key, issue_id, open, status, seen_at")
LINKS = "SELECT incident, issue_key, issue_id, open FROM links WHERE incident IN :incidents"
SEEN_LINKS = (
    "SELECT incident, issue_key, issue_id, open, status FROM links WHERE incident IN :incidents"
)
LATEST_LINKS = """
SELECT incident, issue_key, issue_id, open, status FROM links ORDER BY incident DESC LIMIT :limit
"""
STANDING = """
SELECT status, issue_id FROM links
WHERE status IS NOT NULL AND substr(issue_key, 1, length(:prefix)) = :prefix ORDER BY issue_id DESC
"""
CLAIMS = "SELECT issue_id, incident FROM links WHERE issue_id IN :issues ORDER BY incident"
OPEN_LINKS = "SELECT incident FROM links WHERE open = 1"
FORGET_LINKS = "DELETE FROM links WHERE incident IN :incidents OR upper(issue_key) IN :keys"
PUT_OWN_LINK = _put("own_links", "incident", "issue_key, issue_id, led_back, at").replace(
    "led_back = excluded.led_back",  # what leads back once does
    "led_back = CASE WHEN own_links.issue_id = excluded.issue_id AND own_links.led_back = 1"
    " THEN 1 ELSE excluded.led_back END",
)
OWN_LINKS = "SELECT incident, issue_key, issue_id, led_back FROM own_links"
OWN_LINKS_OF = f"{OWN_LINKS} WHERE incident IN :incidents"
RENAME_OWN_LINK = """
UPDATE own_links SET issue_key = :issue_key WHERE incident = :incident AND issue_id = :issue_id
"""
FORGET_OWN_LINKS = "DELETE FROM own_links WHERE incident IN :incidents"
PUT_ACCOUNT = _put("users", "email", "account, at")
ACCOUNTS = "SELECT email, account FROM users"
FORGET_ACCOUNT = "DELETE FROM users WHERE account = :account"

PUT_PRESET = _put("presets", "asked", "preset, at")
PRESET = "SELECT preset FROM presets WHERE asked = :asked"

# Writes: open while `outcome` is NULL; `sent` is 0 for one that was decided on and not sent.

_INTENT = (
    "incident, issue, issue_id, field, direction, source, old, new, tables, kind, undoes,"
    " target, part"
)
_WRITE = (
    "id, run, at, incident, issue, issue_id, field, direction, source, old, new, read_back,"
    " outcome, category, detail, kind, undoes, sent, target, part"
)
_RESULT = "outcome, read_back, category, detail"
INTEND = f"{_insert('writes', f'run, at, {_INTENT}, sent')} RETURNING id"
ATTEMPT = _insert("writes", f"run, at, {_INTENT}, sent, {_RESULT}, settled_by, settled_at")
SETTLE = f"""
UPDATE writes SET outcome = :outcome, read_back = :read_back, category = :category,
  detail = :detail, settled_by = :run, settled_at = :at
WHERE id = :write AND outcome IS NULL RETURNING {_WRITE}
"""
NAME_ISSUE = "UPDATE writes SET issue = :issue_key, issue_id = :issue_id WHERE id = :write"
_OPEN = "outcome IS NULL AND sent = 1"
OPEN_WRITES = f"SELECT id, run, at, {_INTENT} FROM writes WHERE {_OPEN} ORDER BY id"
PUT_HOP = """
INSERT INTO hops (write, number, status, transition, at)
VALUES (:write, (SELECT COUNT(*) + 1 FROM hops WHERE write = :write), :status, :transition, :at)
"""
OPEN_HOPS = f"""
SELECT write, status FROM hops WHERE write IN (SELECT id FROM writes WHERE {_OPEN})
ORDER BY write, number
"""
SENT = """
SELECT incident, issue_id, field, direction, new, at, settled_at FROM writes
WHERE sent = 1 AND field IS NOT NULL AND incident IN :incidents
UNION ALL SELECT incident, issue_id, field, direction, read_back, at, settled_at FROM writes
WHERE outcome IN ('applied', 'normalised', 'recovered') AND category IS NULL
  AND field IS NOT NULL AND read_back IS NOT NULL AND incident IN :incidents
"""
SENT_HOPS = """
SELECT incident, issue_id, field, direction, status, hops.at, settled_at
FROM hops JOIN writes ON hops.write = writes.id WHERE incident IN :incidents
"""
WRITES = f"SELECT {_WRITE} FROM writes"
OF_RUN = "run = :run"
OF_TARGETS = "(incident IN :incidents OR issue IN :keys)"  # keys as JIRA spells them, in capitals
IN_ORDER = "ORDER BY id"
UNDOING = f"""
WITH RECURSIVE chain (id) AS (
  SELECT id FROM writes WHERE undoes IN :writes
  UNION SELECT writes.id FROM writes JOIN chain ON writes.undoes = chain.id
)
{WRITES} WHERE id IN (SELECT id FROM chain) ORDER BY id
"""

# Marks: what keeps a field from being written, and what people have said of it.

MARKS = f"""
SELECT {_FIELD}, 'flapping', since FROM quarantines
UNION ALL SELECT {_FIELD}, 'refused', since FROM refusals
UNION ALL SELECT {_FIELD}, 'undone', at FROM baselines WHERE state = 'undone'
"""
MARKS_OF_FIELD = f"""
SELECT 'flapping', since FROM quarantines WHERE {_OF_FIELD}
UNION ALL SELECT 'refused', since FROM refusals WHERE {_OF_FIELD}
UNION ALL SELECT 'undone', at FROM baselines WHERE {_OF_FIELD} AND state = 'undone'
UNION ALL SELECT 'released', at FROM releases WHERE {_OF_FIELD}
"""
WRITTEN_LATELY = f"{WRITES} WHERE {_OF_FIELD} AND at >= :since ORDER BY id"
QUARANTINES = f"SELECT {_FIELD} FROM quarantines WHERE incident IN :incidents"
QUARANTINE = f"{_insert('quarantines', f'{_FIELD}, since')} ON CONFLICT ({_FIELD}) DO NOTHING"
END_QUARANTINE = f"DELETE FROM quarantines WHERE {_OF_FIELD}"
PUT_RELEASE = _put("releases", _FIELD, "at")
_REFUSAL = "impact, jira, new, edited_at, writer"
REFUSALS = f"SELECT {_FIELD}, {_REFUSAL} FROM refusals WHERE incident IN :incidents"
PUT_REFUSAL = _put("refusals", _FIELD, f"{_REFUSAL}, since")
FORGET_REFUSAL = f"DELETE FROM refusals WHERE {_OF_FIELD}"
RESUME = f"UPDATE baselines SET state = 'unfinished' WHERE {_OF_FIELD}"
PUT_SKIP = _put("skips", _FIELD, "impact, jira, at, until, why")
SKIPS = f"SELECT {_FIELD}, impact, jira, until, why FROM skips"
FORGET_SKIP = f"DELETE FROM skips WHERE {_OF_FIELD} RETURNING incident"

# The ways out of each status, and the pause.

PUT_WAYS = _put("transitions", "project, issue_type, status", "ways, at")
WAYS = """
SELECT status, ways FROM transitions WHERE project = :project AND issue_type = :issue_type
"""
PUT_PAUSE = _insert("pauses", "since, until, by")
PAUSES = "SELECT since, until, by FROM pauses"
END_PAUSES = "DELETE FROM pauses"

# Tallies: `since` is empty for ever, else the beginning of a time that names a day or an hour.
# Holds as whole runs found them; `field` is empty for one of a link.

_TALLY = "since, what, labels"
RISE = f"""
{_insert("tallies", f"{_TALLY}, count, total, most, last")} ON CONFLICT ({_TALLY}) DO UPDATE SET
  count = tallies.count + excluded.count, total = tallies.total + excluded.total,
  most = CASE WHEN excluded.most > tallies.most THEN excluded.most ELSE tallies.most END,
  last = excluded.last
"""
END_STREAK = """
UPDATE tallies SET count = 0 WHERE since = '' AND what = 'streak' AND labels = :labels
"""
TALLIES = """
SELECT what, labels, since, count, total, most, last FROM tallies
WHERE length(since) = :length AND since >= :since ORDER BY since, what, labels
"""
ANY_TALLY = "SELECT 1 FROM tallies WHERE since = :since AND what = 'runs' LIMIT 1"
THIN_TALLIES = """
DELETE FROM tallies WHERE since < :days AND length(since) > 0
  OR since < :hours AND length(since) > 10
"""
HOLDS = "SELECT incident, field, reason, since FROM holds ORDER BY since, incident, field, reason"
PUT_HOLD = _insert("holds", "incident, field, reason, since")
END_HOLD = """
DELETE FROM holds WHERE incident = :incident AND field = :field AND reason = :reason
"""
END_HOLDS_OF_FIELD = "DELETE FROM holds WHERE incident = :incident AND field = :field"

# Of runs that wrote nothing the last of each kind and end stays, of so long a part of its start.

_COUNTS = "counts IS DISTINCT FROM 0"
LATEST_OF = f"SELECT {_RUN} FROM runs WHERE command = :command AND exit_code IS NOT NULL"
LATEST_OF += f" AND {_COUNTS} {_NEWEST_FIRST} LIMIT :limit"
LAST_SUCCESS = f"SELECT {_RUN} FROM runs WHERE command = :command AND exit_code IN :codes"
LAST_SUCCESS += f" AND {_COUNTS} {_NEWEST_FIRST} LIMIT 1"
DIED = f"""
SELECT COUNT(*) FROM runs WHERE command = :command AND finished_at IS NULL AND started_at > :since
  AND {_COUNTS}
  AND EXISTS (SELECT 1 FROM runs AS later WHERE later.started_at > runs.started_at
    AND COALESCE(later.exit_code, 0) <> 6)
"""
THIN_RUNS = """
DELETE FROM runs WHERE started_at < :before
  AND id NOT IN (SELECT MAX(id) FROM runs WHERE started_at < :before
    GROUP BY command, exit_code, COALESCE(counts, 1), substr(started_at, 1, :length))
  AND NOT EXISTS (SELECT 1 FROM writes WHERE writes.run = runs.id)
RETURNING id
"""
THIN_ATTEMPTS = """
DELETE FROM writes WHERE sent = 0 AND outcome IS NOT NULL AND settled_at < :before
  AND id < (SELECT MAX(later.id) FROM writes AS later
    WHERE later.incident = writes.incident AND later.issue_id IS NOT DISTINCT FROM writes.issue_id
      AND later.field IS NOT DISTINCT FROM writes.field)
RETURNING id
"""

# Events. What waits or is dead stays, of the rest the latest.

_EVENT = "name, kind, at, incident, issue, issue_id, fields, creation"
_QUEUED = f"{_EVENT}, state, why, received_at, tries, due_at, times"
_ALL_OF_IT = f"id, {_QUEUED}"
KEEP_EVENT = _insert("events", f"{_QUEUED}, subject")
KNOWN_EVENTS = "SELECT name, id, times FROM events WHERE name IN :names"
KEEP_ANEW = """
UPDATE events SET state = :state, why = :why, received_at = :received_at, tries = 0,
  due_at = :due_at, times = times + 1
WHERE name = :name AND at IS NULL AND state <> 'waiting' RETURNING id, times
"""
COME_AGAIN = "UPDATE events SET times = times + 1 WHERE name = :name AND at IS NULL"
PROBE_EVENT = "INSERT INTO events (name) VALUES (NULL)"  # which no event has
END_PROBE = "DELETE FROM events WHERE name IS NULL"
THIN_EVENTS = """
DELETE FROM events WHERE state IN ('settled', 'skipped', 'ignored')
  AND id <= (SELECT MAX(id) FROM events) - :kept
"""
QUEUE_STATE = """
SELECT (SELECT COUNT(*) FROM events WHERE state = 'waiting'),
  (SELECT COUNT(*) FROM events WHERE state = 'dead'),
  (SELECT MIN(received_at) FROM events WHERE state = 'waiting')
"""
LATEST_EVENTS = f"""
SELECT * FROM (
  SELECT {_ALL_OF_IT} FROM events WHERE state IN :states ORDER BY id DESC LIMIT :limit
) AS latest ORDER BY id
"""
NAMED_EVENTS = f"SELECT {_ALL_OF_IT} FROM events WHERE name IN :names ORDER BY id"
DUE_EVENTS = f"""
SELECT {_ALL_OF_IT} FROM events WHERE state = 'waiting' AND subject IN (
  SELECT subject FROM events WHERE state = 'waiting' AND (
    due_at <= :at OR due_at > :beyond OR (received_at > :at AND due_at = received_at)
  )
  GROUP BY subject ORDER BY MIN(id) LIMIT :limit
) ORDER BY id
"""
EVENTS_OF_LINKS = f"""
SELECT {_ALL_OF_IT} FROM events WHERE state = 'waiting'
  AND (incident IN :incidents OR issue_id IN :issues OR (issue_id IS NULL AND issue IN :keys))
  AND id NOT IN :but
ORDER BY id
"""
TURN_EVENT = """
UPDATE events SET state = :state, why = :why, tries = :tries, due_at = :due_at
WHERE id = :id AND state = 'waiting' AND times = :times
"""
RETRY_ALL_EVENTS = f"""
UPDATE events SET state = 'waiting', why = NULL, tries = 0, due_at = :at
WHERE state = 'dead' RETURNING {_ALL_OF_IT}
"""
RETRY_EVENTS = RETRY_ALL_EVENTS.replace("WHERE", "WHERE id IN :events AND")

# What receivers of notices were told.

_MATTER = "receiver, kind, command, what"
TOLD = "SELECT kind, command, what, at FROM told WHERE receiver = :receiver"
PUT_TOLD = _put("told", _MATTER, "at")
FORGET_TOLD = """
DELETE FROM told
WHERE receiver = :receiver AND kind = :kind AND command = :command AND what = :what
"""
