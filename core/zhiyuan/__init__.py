"""zhiyuan (志愿): people, organizations, activities and service records, with hooks for everything else."""

__version__ = "0.1.0"
