"""What is in `deploy/`: read as the programs that use it do, without starting any of them.

Belongs here: what must hold of every container and unit. Does not: whether they work together, which takes Docker.
"""

import configparser
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
import yaml

from chrysopedia_assets.cli.main import app
from resources.settings import PROJECT

DEPLOY = PROJECT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
HELM: dict[str, Any] = yaml.safe_load((DEPLOY / "helm-values.yaml").read_text())
LOCK = (PROJECT / "requirements.lock").read_text()
SECRET = re.compile("PASSWORD|KEY|TOKEN|SECRET|DATABASE_URL")
VERSION: str = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
CHART = {
    "dagsterWebserver": "replicaCount image nameOverride pathPrefix service workspace env envConfigMaps envSecrets"
    " deploymentLabels labels nodeSelector affinity tolerations podSecurityContext securityContext resources"
    " readinessProbe livenessProbe startupProbe annotations enableReadOnly dbStatementTimeout dbPoolRecycle logLevel"
    " schedulerName volumeMounts volumes",
    "dagsterDaemon": "enabled image runCoordinator heartbeatTolerance env envConfigMaps envSecrets deploymentLabels"
    " labels nodeSelector affinity tolerations podSecurityContext securityContext resources livenessProbe"
    " readinessProbe startupProbe annotations runMonitoring runRetries sensors schedules schedulerName volumeMounts"
    " volumes",
}
"""What Dagster's chart takes; it refuses anything else."""


def instructions() -> list[tuple[str, str]]:
    """Of the Dockerfile, with continued lines joined."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


def stage(name: str) -> list[tuple[str, str]]:
    """The instructions of one stage and of those that it is built on."""
    found: dict[str, list[tuple[str, str]]] = {}
    for word, rest in instructions():
        if word == "FROM":
            base, _, current = rest.split()
            found[current] = list(found.get(base, []))
        found[current].append((word, rest))
    return found[name]


def is_a_command(words: list[str]) -> bool:
    """Of `chrysopedia`, with options that it has."""
    found: Any = typer.main.get_command(app)
    while hasattr(found, "commands"):
        found = found.commands[words.pop(0)]
    with found.make_context("it", words):
        return True


def values(of: object, key: str) -> Iterator[Any]:
    """All that stands anywhere under this key."""
    if isinstance(of, dict):
        if key in of:
            yield of[key]
        for part in of.values():
            yield from values(part, key)
    elif isinstance(of, list):
        for part in of:
            yield from values(part, key)


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_watched_and_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"
    assert service["user"].split(":")[0] not in ("root", "0", "")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r":\d", service["image"])
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_is_given_a_secret_but_by_a_file(name: str) -> None:
    service = SERVICES[name]
    for variable, value in service.get("environment", {}).items():
        if SECRET.search(variable):
            assert variable.endswith("_FILE")
            assert (
                not value.startswith("/run/secrets/") or value.split("/")[-1] in service["secrets"]
            )
    for secret in service.get("secrets", []):
        assert COMPOSE["secrets"][secret]["file"].startswith("secrets/")


def test_what_a_container_needs_is_declared() -> None:
    for service in SERVICES.values():
        assert set(service.get("networks", [])) <= set(COMPOSE["networks"])
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        mounts = [mount for mount in service.get("volumes", []) if isinstance(mount, str)]
        named = {mount.split(":")[0] for mount in mounts if not mount.startswith(".")}
        assert named <= set(COMPOSE["volumes"])
        libraries = [mount for mount in service.get("volumes", []) if isinstance(mount, dict)]
        assert all(mount.get("read_only") for mount in libraries) or "gpu" in service["profiles"]


def test_web_ui_and_daemon_look_for_the_code_where_it_listens() -> None:
    [entry] = yaml.safe_load((DEPLOY / "workspace.yaml").read_text())["load_from"]
    server = entry["grpc_server"]
    assert server["host"] in SERVICES
    command = SERVICES[server["host"]]["command"]
    assert command[command.index("--port") + 1] == str(server["port"])
    [default] = yaml.safe_load((PROJECT / "workspace.yaml").read_text())["load_from"]
    module = default["python_module"]
    assert command[-1] == module["module_name"]
    assert server["location_name"] == module["location_name"]


def test_the_commands_of_containers_are_commands_of_the_product() -> None:
    ours = [service["command"] for service in SERVICES.values() if "command" in service]
    ours = [command for command in ours if command[0] == "chrysopedia"]
    assert len(ours) == 2
    for command in ours:
        assert is_a_command(command[1:])


@pytest.mark.parametrize("target", ["product", "gpu"])
def test_an_image_is_pinned_holds_no_secret_and_does_not_run_as_root(target: str) -> None:
    steps = stage(target)
    assert steps[-1] == ("USER", "10001:10001")
    assert [word for word, _ in steps].count("HEALTHCHECK") == 1
    for word, rest in instructions():
        if word == "FROM" and "/" not in rest and rest.split()[0] not in ("build", "base"):
            assert re.match(r"\w+:\d+\.\d+\.\d+-", rest)
        assert word != "ADD"
        if word in ("ARG", "ENV"):
            assert not SECRET.search(rest)


@pytest.mark.parametrize("target", ["product", "gpu"])
def test_an_image_has_no_tool_that_builds(target: str) -> None:
    for word, rest in stage(target):
        if word == "RUN":
            assert not re.search(r"\b(pip|uv|apt-get|curl|wget)\b", rest)


def test_whatever_is_installed_into_an_image_is_checked_by_its_hash() -> None:
    installs = [
        rest for word, rest in stage("build-gpu") if word == "RUN" and "pip install" in rest
    ]
    assert len(installs) == 3
    for command in re.findall(r"pip install [^&]*", " ".join(installs)):
        hashes = "--require-hashes" in command
        assert hashes or "--no-deps --build-constraint requirements.lock --editable ." in command
    pinned = re.findall(
        r"^[\w-]+==\S+ \\\n +--hash=sha256:", (DEPLOY / "gpu.lock").read_text(), re.M
    )
    assert len(pinned) == 3


def test_the_builder_is_sent_nothing_but_what_is_copied() -> None:
    sent = (PROJECT / ".dockerignore").read_text().splitlines()
    assert "*" in sent
    allowed = {line.removeprefix("!") for line in sent if line.startswith("!")}
    copied = [rest.split() for word, rest in instructions() if word == "COPY"]
    local = [words for words in copied if not words[0].startswith("--from")]
    sources = {word for words in local for word in words[:-1] if not word.startswith("--")}
    assert {source.removeprefix("./") for source in sources} == allowed
    assert all((PROJECT / name).exists() for name in allowed)


def test_versions_are_those_of_the_product_and_of_its_dagster() -> None:
    [dagster] = re.findall(r"^dagster==(\S+)", LOCK, re.M)
    assert f"--version {dagster} " in (DEPLOY / "helm-values.yaml").read_text()
    assert {image["tag"] for image in values(HELM, "image")} == {VERSION}
    built = [service["image"] for service in SERVICES.values() if "build" in service]
    assert {image.split(":")[1] for image in built} == {VERSION}


def test_helm_values_are_those_that_the_chart_knows() -> None:
    for part, known in CHART.items():
        assert set(HELM[part]) <= set(known.split())
    assert HELM["dagsterWebserver"]["service"]["type"] == "ClusterIP"
    [code] = HELM["dagster-user-deployments"]["deployments"]
    for pod in (HELM["dagsterWebserver"], HELM["dagsterDaemon"], code):
        assert pod["podSecurityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["readOnlyRootFilesystem"] is True
        assert {"name": "DAGSTER_HOME", "value": "/app"} in pod["env"]
        given = {variable["name"] for variable in pod["env"] if SECRET.search(variable["name"])}
        assert given == {"CHRYSOPEDIA_DATABASE_URL_FILE"}
        mounted = {mount["name"] for mount in pod["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_the_unit_starts_the_product_as_nobody_special() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "chrysopedia.service")
    service = unit["Service"]
    assert service["User"] == "chrysopedia"
    program, command = service["ExecStart"].rsplit("/", 1)[1].split(" ", 1)
    assert program == "chrysopedia" and is_a_command(command.split())
    assert service["NoNewPrivileges"] == "yes" and service["ProtectSystem"] == "strict"
    assert not SECRET.search((DEPLOY / "chrysopedia.service").read_text())


def test_the_proxy_asks_who_is_there_before_every_address_of_ours() -> None:
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Caddyfile").read_text(), flags=re.MULTILINE)
    sites = re.findall(r"^\S+ \{\n(.*?)^\}", text, re.M | re.S)
    ports = [re.findall(r"reverse_proxy 127\.0\.0\.1:(\d+)", site) for site in sites]
    assert all("basic_auth" in site for site in sites)
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert sorted(port for [port] in ports) == sorted(port.split(":")[1] for port in published)
