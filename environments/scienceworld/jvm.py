"""The Java process that ScienceWorld runs in: one for all environments of a Python process.

    jvm = borrow()                  # started if this process has none, in 0.4 s
    jvm.view.java.lang.System.getProperty("java.version")
    give_back(jvm)                  # ended once nobody has borrowed it for `LINGER` seconds

Java ends when its standard input does, and this process alone holds the other end: however this
process ends, exception, signal or kill -9, Java ends with it.

ScienceWorld goes through sets of objects in the order of their identity hashes, and what touches
first is heated first. HotSpot draws these hashes from a generator, so that the same game came out
otherwise in a Java process that had played before (github.com/allenai/ScienceWorld, pull request
88). Here every object has the same hash, which leaves the order in which objects were added.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from environments.contract import NotInstalled

LINGER = 30.0
"""Seconds that a Java process without work is kept: the next task's environment starts sooner."""

HEAP_MB = 128
"""Most memory of Java's objects. The process takes about 120 MB beside them."""

OPTIONS = (
    f"-Xmx{HEAP_MB}m",
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",  # half a game is none
    "-XX:+UnlockExperimentalVMOptions",
    "-XX:hashCode=2",  # see above
    "-XX:-UsePerfData",  # no file in /tmp that kill -9 would leave there
    "-Duser.language=en",  # ScienceWorld's lower case follows the locale
    "-Duser.country=US",
)

ENDED = "The Java process of this game has ended: call reset(), which starts another."


class Jvm:
    """A Java process, and what Python holds of it."""

    def __init__(self) -> None:
        java, jar = requirements()
        from py4j.java_gateway import GatewayParameters, JavaGateway, find_jar_path

        classes = os.pathsep.join([find_jar_path(), str(jar)])
        server = ["py4j.GatewayServer", "--die-on-broken-pipe", "--enable-auth", "0"]
        self._process = subprocess.Popen(
            [java, "-classpath", classes, *OPTIONS, *server],
            cwd=jar.parent,  # where ScienceWorld looks for its table of types
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C is for Python, which then ends Java or goes on
        )
        assert self._process.stdout is not None
        said = ""
        # Java may say what options it took from the environment before py4j says its port.
        while not (line := self._process.stdout.readline()).strip().isdecimal():
            said += line
            if not line:
                self._process.communicate()
                raise RuntimeError(f"Java did not start: {said.strip()[-500:]}")
        token = self._process.stdout.readline().strip()
        self._gateway = JavaGateway(
            gateway_parameters=GatewayParameters(port=int(line), auth_token=token)
        )
        self._pid = os.getpid()
        self.view: Any = self._gateway.jvm
        self.lock = threading.RLock()
        """Held while one world uses it: the Java classes can work on one at a time."""
        self.borrowers = 0
        self.holder: object = None
        """Whose values stand in the Java classes' own variables; see `world`."""
        self.tours: object = None
        """What ScienceWorld's solver was told of the house; None: nothing yet."""
        # Nobody reads what ScienceWorld prints, pages a turn, and a full pipe would stop it.
        for redirect in (self.view.java.lang.System.setOut, self.view.java.lang.System.setErr):
            redirect(self.view.java.io.PrintStream(os.devnull))
        self._connect_twice()
        self._answer_at_once()
        self._check_hashes(java)

    @property
    def alive(self) -> bool:
        """Whether it runs, and is this process's own: a fork inherits what it must not use."""
        return self._pid == os.getpid() and self._process.poll() is None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Work with it; where that fails since it has ended, say so."""
        if not self.alive:
            raise RuntimeError(ENDED)
        try:
            yield
        except Exception as error:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
            if self.alive:
                raise
            raise RuntimeError(ENDED) from error

    @property
    def pid(self) -> int:
        """Of the Java process."""
        return self._process.pid

    def texts(self, rows: Sequence[Sequence[str]]) -> Any:
        """An array of arrays of strings, all of one length, for a Java method."""
        array = self._gateway.new_array(self.view.java.lang.String, len(rows), len(rows[0]))
        for i, row in enumerate(rows):
            for j, text in enumerate(row):
                array[i][j] = text
        return array

    def end(self) -> None:
        """End it, and wait until it has ended. Doing so twice does no harm."""
        # Else objects that Python lets go of later would try to tell Java so.
        self._gateway._gateway_client.is_connected = False
        self._gateway.close()
        assert self._process.stdin is not None and self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def forget(self) -> None:
        """Let go of it in a child of this process, whose end must not keep it alive."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def _check_hashes(self, java: str) -> None:
        """Not every Java knows the option, and some pass over what they do not know."""
        system = self.view.java.lang.System
        if {system.identityHashCode(self.view.java.lang.Object()) for _ in range(3)} != {1}:
            self.end()
            raise NotInstalled(
                f"ScienceWorld needs another Java than {java}: an OpenJDK with the HotSpot "
                "machine, as apt-get install default-jre-headless gives on Debian."
            )

    def _connect_twice(self) -> None:
        """Garbage that is collected during a command is told of by another connection.

        py4j would open that at some time later and keep it, as if a world had left it open.
        """
        client = self._gateway._gateway_client
        for connection in [client._get_connection() for _ in range(2)]:
            client._give_back_connection(connection)

    def _answer_at_once(self) -> None:
        """Have long answers sent without waiting for the first part to be acknowledged: 40 ms."""
        server = self._gateway.java_gateway_server
        connections = server.getClass().getDeclaredField("connections")
        connections.setAccessible(True)
        for connection in connections.get(server):
            connection.getSocket().setTcpNoDelay(True)


def requirements() -> tuple[str, Path]:
    """Where Java and ScienceWorld are on this machine.

    Raises:
        NotInstalled: one of them is missing.
    """
    package = importlib.util.find_spec("scienceworld")
    if package is None or package.origin is None:
        raise NotInstalled("ScienceWorld is missing: pip install 'driftgauge[scienceworld]'.")
    home = os.environ.get("JAVA_HOME", "")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else None
    java = java or shutil.which("java")
    if java is None:
        raise NotInstalled(
            "ScienceWorld needs Java, version 8 or later: on Debian, "
            "apt-get install default-jre-headless; else set JAVA_HOME to where it is."
        )
    return java, Path(package.origin).with_name("scienceworld.jar")


class _Shared:
    """The one Java process of this Python process."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.jvm: Jvm | None = None
        self.timer: threading.Timer | None = None

    def borrow(self) -> Jvm:
        with self.lock:
            self._stop_timer()
            if self.jvm is not None and not self.jvm.alive:
                self._end()
            if self.jvm is None:
                self.jvm = Jvm()
            self.jvm.borrowers += 1
            return self.jvm

    def give_back(self, jvm: Jvm) -> None:
        with self.lock:
            jvm.borrowers -= 1
            if jvm is self.jvm and not jvm.borrowers:
                self._stop_timer()
                self.timer = threading.Timer(LINGER, self.end_if_idle)
                self.timer.daemon = True
                self.timer.start()

    def end_if_idle(self) -> None:
        with self.lock:
            if self.jvm is not None and not self.jvm.borrowers:
                self._end()

    def at_exit(self) -> None:
        with self.lock:
            self._stop_timer()
            self._end()

    def in_child(self) -> None:
        """After a fork: the child starts a Java process of its own if it needs one."""
        if self.jvm is not None:
            self.jvm.forget()
        self.__init__()  # type: ignore[misc]

    def _end(self) -> None:
        if self.jvm is not None:
            self.jvm.end()
        self.jvm = None

    def _stop_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.timer = None


_shared = _Shared()
atexit.register(_shared.at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_shared.in_child)


def borrow() -> Jvm:
    """The Java process of this process, started if there is none that runs."""
    return _shared.borrow()


def give_back(jvm: Jvm) -> None:
    """Say that a borrower needs it no more."""
    _shared.give_back(jvm)
