"""Plugins: finding, checking, loading, switching and calling them. ``load`` starts it all."""

from zhiyuan.host.loading import PluginsCannotRun, load
from zhiyuan.host.plugin_host import PluginHost

__all__ = ["PluginHost", "PluginsCannotRun", "load"]
