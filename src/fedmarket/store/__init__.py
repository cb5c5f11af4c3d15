"""Where large things live: blobs named by their hash, slots of candidates, and the encryption of both."""
