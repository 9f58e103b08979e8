"""``zhiyuan sites``: the public faces of an installation."""

from dataclasses import asdict

import click

from zhiyuan.cli.context import open_runtime
from zhiyuan.cli.output import emit, json_option
from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.errors import NotFound
from zhiyuan.organizations import queries as organizations
from zhiyuan.sites import queries, service
from zhiyuan.sites.schemas import CreateSite


@click.group()
def sites() -> None:
    """Sites: host names and path prefixes, each showing one part of the tree."""


@sites.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List every site with its address and the organization it shows."""
    with open_runtime() as runtime, runtime.database.reading() as tx:
        known = queries.all_sites(tx)
        roots = organizations.views(tx, {site.root_organization_id for site in known})
    lines = [
        f"{site.slug}  {site.host or '*'}{site.path_prefix or '/'}  {roots[site.root_organization_id].code}  {site.name}"
        for site in known
    ]
    data = [{**asdict(site), "organization": roots[site.root_organization_id].code} for site in known]
    emit("\n".join(lines) or "no site yet", {"sites": data}, as_json)


@sites.command()
@click.argument("slug")
@click.option("--name", required=True, help="The name that visitors read.")
@click.option("--organization", required=True, help="Code of the organization whose tree it shows.")
@click.option("--host", default="", help="Host name without port.")
@click.option("--path", "path_prefix", default="", help="Path prefix such as /simao.")
@click.option("--language", "languages", multiple=True, default=("en", "zh-Hans"), show_default=True)
@click.option("--time-zone", help="IANA name. Default: the organization's.")
@click.option("--theme", default="base", show_default=True)
@click.option("--filing-number", help="Number of the site's registration, shown at the foot.")
@json_option
def create(
    slug: str,
    name: str,
    organization: str,
    host: str,
    path_prefix: str,
    languages: tuple[str, ...],
    time_zone: str | None,
    theme: str,
    filing_number: str | None,
    as_json: bool,
) -> None:
    """Make the site SLUG, or bring it up to date. With neither host nor path it answers everything else."""
    with open_runtime() as runtime:
        with runtime.database.reading() as tx:
            found = organizations.by_codes(tx, [organization])
        if organization not in found:
            raise NotFound(
                "organizations.not_found",
                "There is no organization with the code %(value)s.",
                value=organization,
            )
        item = CreateSite(
            actor=operator(),
            organization_id=found[organization],
            slug=slug,
            name=name,
            host=host,
            path_prefix=path_prefix,
            theme=theme,
            languages=languages,
            time_zone=time_zone,
            filing_number=filing_number,
        )
        outcome = runtime.bus.submit_one(service.CREATE, item)
    emit(f"{outcome.status}: {slug}", {"status": outcome.status, "id": outcome.id, "slug": slug}, as_json)
