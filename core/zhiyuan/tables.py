"""Every table of the core in one import: what migrations compare against and what tests create."""

import zhiyuan.accounts.models
import zhiyuan.activities.models
import zhiyuan.host.models
import zhiyuan.kernel.models
import zhiyuan.organizations.models
import zhiyuan.people.models
import zhiyuan.policy.models
import zhiyuan.records.models
import zhiyuan.regions.models
import zhiyuan.sites.models  # noqa: F401  # imported for their tables
from zhiyuan.kernel.tables import Base

metadata = Base.metadata
