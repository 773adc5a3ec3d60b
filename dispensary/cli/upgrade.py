"""`dispensary upgrade`: bring an older database to this program's schema."""

import typer

from dispensary.cli.output import desk, new_app, say

app = new_app()


@app.command()
def upgrade(context: typer.Context) -> None:
    """Bring an older database to this schema."""
    from dispensary import database, ownership
    from dispensary.rules.access import Act

    at = desk(context)
    engine = at.bare_engine
    before = database.schema_of(engine)
    if before is None or before > database.SCHEMA:
        database.check_schema(engine)
    at.require(Act.UPGRADE)
    if before == database.SCHEMA and not ownership.needs_roles(engine):
        say(f"{database.shown(engine.url)} has schema {before} already: there is nothing to do.")
        return
    ownership.upgrade(engine)
    if before != database.SCHEMA:
        say(f"{database.shown(engine.url)}: schema {before} is now {database.SCHEMA}.")
    if engine.dialect.name == "postgresql":
        say("There the program owns nothing and may change what it must.")
