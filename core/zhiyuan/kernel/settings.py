"""Settings of one process: defaults, then ``zhiyuan.toml``, then the environment (``ZHIYUAN_...``), the last one wins.

``ZHIYUAN_CONFIG_FILE`` names another file than ``zhiyuan.toml`` in the current folder. :func:`load_settings` also says
where each value came from and what nobody understood; ``Settings()`` alone is enough where that does not matter.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from zhiyuan.kernel.database import normalized

PREFIX: Final = "ZHIYUAN_"
CONFIG_FILE: Final = "ZHIYUAN_CONFIG_FILE"

_NOT_SETTINGS: Final = ("ZHIYUAN_TEST_", "ZHIYUAN_REQUIRE_", CONFIG_FILE)

Source = Literal["default", "file", "environment"]


class Settings(BaseSettings):
    """Everything an operator may set. Rules of service (ages, deadlines, limits) are not here: see ``policy``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="ignore",
        env_file=None,
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,  # an error must not print the password it complains about
    )

    data_dir: Path = Field(default=Path("var"), description="Folder for the SQLite file, keys and uploads.")
    database_url: SecretStr | None = Field(
        default=None,
        description="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME. Default: SQLite in data_dir.",
    )
    database_pool_size: int = Field(
        default=10, ge=1, le=200, description="PostgreSQL connections per process; twice as many under load."
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        pattern=r"^https?://[^\s/]+(/.*)?$",
        description="Address printed on certificates and in mails.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Signs form tokens. Default: derived from the keyring, and not changed by a rotation.",
    )
    plugins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Ids of the plugins this installation may load, separated by commas, or *."
    )
    policy_packs: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Installed collections of rule packs in force here, separated by commas, or *.",
    )
    strict_plugins: bool = Field(default=False, description="Refuse to start when a plugin cannot run.")
    check_budget_seconds: float = Field(
        default=2.0, gt=0, le=60, description="How long a plugin may think about a batch."
    )
    embedded_worker: bool = Field(default=True, description="Run the worker beside the server.")
    worker_job_threads: int = Field(default=1, ge=1, le=32, description="Jobs that one worker runs at once.")
    history_days: int = Field(
        default=90,
        ge=7,
        le=3650,
        description="How long finished jobs, told events and ended sessions are kept.",
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="text for people, json for machines."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important lines that are still logged."
    )
    max_upload_bytes: int = Field(
        default=64 * 2**20, gt=0, description="Largest file taken over HTTP or by import."
    )

    @property
    def url(self) -> str:
        """Return the database URL in force."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'zhiyuan.sqlite3'}"

    @property
    def keyring_path(self) -> Path:
        """Return where the keys are kept."""
        return self.data_dir / "keys" / "keyring.json"

    @field_validator("plugins", "policy_packs", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("database_url")
    @classmethod
    def _is_served(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                normalized(value.get_secret_value())
            except ArgumentError:
                raise ValueError("this is no database URL") from None  # the cause would quote the password
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *_: Any,
        **named: Any,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, file."""
        return (init_settings, named["env_settings"], TomlConfigSettingsSource(settings_cls, config_file()))


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as ``zhiyuan config show`` prints it; ``value`` is masked where it is secret."""

    name: str
    value: str | int | float | bool | None
    source: Source
    variable: str
    description: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """One setting that cannot be used: where it was set, which rule it breaks, what would cure it."""

    field: str
    rule: str
    cure: str


class BadSettings(Exception):
    """The settings cannot be used; ``wrong`` says which, and never quotes a value."""

    def __init__(self, wrong: tuple[Wrong, ...]) -> None:
        super().__init__("; ".join(f"{entry.field}: {entry.rule}" for entry in wrong))
        self.wrong = wrong


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with their sources, and warnings about names that mean nothing."""

    settings: Settings
    sources: Mapping[str, Source]
    warnings: tuple[str, ...]

    def shown(self) -> list[Setting]:
        """Return every setting, by name, secrets hidden."""
        return [
            Setting(
                name=name,
                value=_shown(name, getattr(self.settings, name)),
                source=self.sources[name],
                variable=PREFIX + name.upper(),
                description=field.description or "",
            )
            for name, field in sorted(Settings.model_fields.items())
        ]


def config_file() -> Path:
    """Return the settings file in force; it need not exist."""
    return Path(os.environ.get(CONFIG_FILE) or "zhiyuan.toml")


def load_settings() -> Loaded:
    """Read file and environment. Raises BadSettings with every wrong value at once."""
    path = config_file()
    in_file = _read(path)
    in_environment = {
        name.removeprefix(PREFIX).lower()
        for name, value in os.environ.items()
        if name.startswith(PREFIX) and not name.startswith(_NOT_SETTINGS) and value
    }
    try:
        settings = Settings()
    except ValidationError as error:
        raise BadSettings(tuple(_wrong(entry, in_environment, path) for entry in error.errors())) from None
    sources: dict[str, Source] = {
        name: "environment" if name in in_environment else "file" if name in in_file else "default"
        for name in Settings.model_fields
    }
    unknown = [PREFIX + name.upper() for name in sorted(in_environment - Settings.model_fields.keys())]
    warnings = [_unknown(name, "environment variable") for name in unknown]
    warnings += [
        _unknown(name, f"setting in {path}") for name in sorted(in_file.keys() - Settings.model_fields.keys())
    ]
    return Loaded(settings, sources, tuple(warnings))


def _read(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        if os.environ.get(CONFIG_FILE):
            wrong = Wrong(
                CONFIG_FILE, f"there is no file {path}", "Name an existing file, or leave the variable out."
            )
            raise BadSettings((wrong,))
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        wrong = Wrong(
            str(path), f"cannot be read as TOML: {error}", 'Write lines such as: log_format = "json"'
        )
        raise BadSettings((wrong,)) from None


def _wrong(entry: Mapping[str, Any], in_environment: set[str], path: Path) -> Wrong:
    name = str(entry["loc"][0]) if entry["loc"] else "settings"
    field = Settings.model_fields.get(name)
    place = PREFIX + name.upper() if name in in_environment else f"{name} in {path}"
    return Wrong(
        place, str(entry["msg"]).removeprefix("Value error, "), (field.description if field else None) or ""
    )


def _unknown(name: str, kind: str) -> str:
    known = (
        [PREFIX + field.upper() for field in Settings.model_fields]
        if name.isupper()
        else [*Settings.model_fields]
    )
    close = get_close_matches(name, known, n=1)
    return f"unknown {kind} {name}" + (f": did you mean {close[0]}?" if close else " is ignored")


def _shown(name: str, value: object) -> str | int | float | bool | None:
    if isinstance(value, SecretStr):
        if name == "database_url":
            return make_url(value.get_secret_value()).render_as_string(hide_password=True)
        return "********"
    if isinstance(value, tuple):
        return ",".join(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
