"""Alembic's environment: runs on the connection that the program hands over, or on alembic.ini's URL."""

from alembic import context
from sqlalchemy import create_engine

from dispensary.schema.whole import metadata


def run(connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as own:
        run(own)
