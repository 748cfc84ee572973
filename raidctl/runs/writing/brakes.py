"""When to stop writing: a user who may not, credentials that are refused, a system that is gone."""

from threading import Lock

from raidctl.errors import Category, RaidctlError, ServiceError


class Brakes:
    """What links written side by side must know of each other's failures.

    `patience` is how many links in a row may fail before the system is taken for gone.
    """

    def __init__(self, patience: int) -> None:
        self.fatal: RaidctlError | None = None
        self._patience = patience
        self._in_a_row = 0
        self._forbidden: dict[str, str] = {}
        self._lock = Lock()

    @property
    def stopped(self) -> tuple[Category, str] | None:
        """Why nothing more is to be written at all; None while it may be."""
        if self.fatal is None:
            return None
        return self.fatal.category, f"not tried: {self.fatal}"

    def reason(self, project: str) -> tuple[Category, str] | None:
        """Why nothing more is to be written to a project's issues; None where it may be."""
        if self.fatal is not None:
            return self.stopped
        if (why := self._forbidden.get(project)) is not None:
            return Category.PERMISSION, f"not tried: {why}"
        return None

    def forbid(self, project: str, why: str) -> None:
        """The user may not write to this project: one refusal tells it of all its issues."""
        with self._lock:
            self._forbidden.setdefault(project, why)

    def failed(self, project: str, error: ServiceError) -> None:
        """A write to one of the project's issues, or reading it, failed for good."""
        with self._lock:
            if error.category is Category.AUTH:
                self.fatal = self.fatal or error
            elif error.category is Category.PERMISSION:
                self._forbidden.setdefault(project, str(error))
            elif error.category in (Category.NETWORK, Category.RATE_LIMIT):
                self._in_a_row += 1
                if self._in_a_row >= self._patience:
                    self.fatal = self.fatal or error

    def worked(self) -> None:
        """A write was answered."""
        with self._lock:
            self._in_a_row = 0
