"""What every test of a method starts from: a device per core, before JAX has started."""

from bayesdrop.infer import chains

chains.use_host_devices()
