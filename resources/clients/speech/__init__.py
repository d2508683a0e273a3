"""Speech in media files becomes timed text: decoding, finding speech, asking a recogniser, proving what it heard.

`transcribe` is the entrance, `port` what a recogniser has to do. Nothing here imports a media library or a recogniser
before it is used: every command of the product would pay a second for it.
"""
