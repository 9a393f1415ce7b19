"""What every kept number starts from: a device per core, before JAX has started."""

from bayesdrop.programs.host_devices import use_host_devices

use_host_devices()
