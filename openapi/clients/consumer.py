"""What an integrator would write with the client that openapi-python-client generates.

    python consumer.py http://127.0.0.1:8080
"""

import sys

from daybook_client import AuthenticatedClient, Client
from daybook_client.api.activity import add_note, edit_note, list_note_revisions, list_user_activity
from daybook_client.api.session import log_in
from daybook_client.api.users import list_users
from daybook_client.models import (
    LogInRequest,
    ManualEntry,
    NewNote,
    NotePatch,
    Problem,
    SystemEntry,
)
from daybook_client.types import UNSET

url = sys.argv[1]


def good(response):
    """The response, if it is not a problem."""
    if response is None or isinstance(response, Problem):
        raise SystemExit(f"refused: {response}")
    return response


credentials = LogInRequest(email="cristiano.ferreira@example.com", password="daybook-demo")
tokens = good(log_in.sync(client=Client(base_url=url), body=credentials))
client = AuthenticatedClient(base_url=url, token=tokens.access_token)

(sam,) = good(list_users.sync(client=client, q="sam.rivera")).data

kinds, cursor, pages = [], UNSET, 0
while cursor is not None:
    page = good(list_user_activity.sync(sam.id, client=client, limit=5, cursor=cursor))
    kinds += [type(entry) for entry in page.data]
    cursor, pages = page.page.next_cursor, pages + 1
assert pages > 1 and set(kinds) == {SystemEntry, ManualEntry}, (pages, set(kinds))

newest = good(list_user_activity.sync(sam.id, client=client, limit=1)).data[0]
body = NewNote(notes="Written by a generated client.", relates_to=newest.id)
added = add_note.sync_detailed(sam.id, client=client, body=body)
note = good(added.parsed)
assert note.relates_to == newest.id
change = NotePatch(notes="Written and edited by a generated client.")
edited = good(
    edit_note.sync(sam.id, note.id, client=client, body=change, if_match=added.headers["ETag"])
)
assert edited.revision == 2
earlier = good(list_note_revisions.sync(sam.id, note.id, client=client)).data
assert [it.notes for it in earlier] == ["Written by a generated client."]

print(f"Python: {len(kinds)} entries on {pages} pages, a note added and edited")
