"""The fields that each kind of import can fill, how each is read unless the mapping says otherwise, and which are secret."""

from typing import Final

from zhiyuan.imports.mapping.model import As

PEOPLE: Final[dict[str, As]] = {
    "name": "text", "sex": "text", "birth_date": "date", "document_kind": "text", "document_number": "code",
    "phone": "code", "email": "text", "address": "text", "emergency_contact": "text",
    "residence_region_code": "code", "residence_text": "text", "occupation": "text", "unit": "text",
    "categories": "list", "skills": "list", "languages": "list", "available_time": "text", "status": "text",
    "registered_on": "date", "left_on": "date",
}  # fmt: skip
ORGANIZATIONS: Final[dict[str, As]] = {
    "name": "text", "code": "code", "kind": "text", "level_name": "text", "parent_code": "code",
    "region_code": "code", "unified_social_credit_code": "code", "legal_form": "text", "time_zone": "text",
    "contact_name": "text", "contact_public": "text", "status": "text",
}  # fmt: skip
ACTIVITIES: Final[dict[str, As]] = {
    "title": "text", "summary": "text", "description": "lines", "service_kind": "text",
    "recipient_category": "text", "mode": "text", "place": "place", "place_text": "text", "region_code": "code",
    "latitude": "number", "longitude": "number", "starts_on": "date", "ends_on": "date", "wanted_count": "integer",
    "leader_name": "text", "recorder_name": "text", "is_volunteer_service": "boolean", "is_hazardous": "boolean",
    "is_emergency": "boolean", "risks": "lines", "guarantees": "lines", "recruit_from": "local_time",
    "recruit_to": "local_time", "audience": "text", "approval": "text",
}  # fmt: skip
SHIFTS: Final[dict[str, As]] = {
    "position": "text", "place_text": "text", "starts_at": "local_time", "ends_at": "local_time",
    "capacity": "integer", "minimum_count": "integer", "reserved_count": "integer", "waitlist_limit": "integer",
}  # fmt: skip
RECORDS: Final[dict[str, As]] = {
    "title": "text", "service_date": "date", "minutes": "minutes", "started_at": "local_time",
    "ended_at": "local_time", "place_text": "text", "region_code": "code", "position": "text", "content": "text",
    "service_kind": "text", "recipient_category": "text", "leader_name": "text", "recorder_name": "text",
    "no_show_count": "integer", "excused_count": "integer", "absence_count": "integer",
}  # fmt: skip

TARGETS: Final[dict[str, dict[str, As]]] = {
    "people": PEOPLE,
    "organizations": ORGANIZATIONS,
    "activities": ACTIVITIES,
    "records": RECORDS,
}

REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "people": ("name",),
    "organizations": ("name",),
    "activities": ("title",),
    "records": ("title", "service_date", "minutes"),
}

PROTECTED: Final = frozenset({"document_number", "phone", "email", "address", "emergency_contact"})
"""Fields of people whose cells appear in no message and no error sheet."""

UNSHOWN: Final = PROTECTED | {"name", "birth_date", "residence_text", "unit"}
"""Fields of people whose cells appear in no message."""
