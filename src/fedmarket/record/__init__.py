"""The record: chain events and blobs together, read once and shown as typed views."""
