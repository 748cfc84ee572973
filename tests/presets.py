"""The tables of sites that add no rows to their preset."""

from raidctl.core.mapping.presets import candidates
from raidctl.core.mapping.tables import Tables

(RAID_SITE,) = candidates("raid", Tables(), {}, "")
(FIREFIGHTER_SITE,) = candidates("firefighter", Tables(), {}, "")
SITES = {site.preset: site for site in (RAID_SITE, FIREFIGHTER_SITE)}
