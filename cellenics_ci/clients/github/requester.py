"""PyGithub's requester without its loop on 202: whether to ask again, and when, is the transport's to say."""

from __future__ import annotations

from typing import Final

from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester, RequestsResponse

_ACCEPTED: Final = 202


class NotReady(Exception):
    """GitHub accepted a GET, and has no answer to it yet."""


class _Http(HTTPRequestsConnectionClass):
    def getresponse(self) -> RequestsResponse:
        return _ready(super().getresponse(), self.verb)


class _Https(HTTPSRequestsConnectionClass):
    def getresponse(self) -> RequestsResponse:
        return _ready(super().getresponse(), self.verb)


class PlainRequester(Requester):
    """A requester that sends each request once, and raises NotReady for a GET that is answered with 202.

    PyGithub (2.10, `Requester.__requestRaw`) would sleep and call itself for as long as that goes on: beside the
    budget, deaf to an interruption, and into Python's limit of recursion.
    """


# Kept on the class that is asked, so that PyGithub's own stays as it is.
PlainRequester.injectConnectionClasses(_Http, _Https)


def _ready(response: RequestsResponse, verb: str) -> RequestsResponse:
    if response.status == _ACCEPTED and verb == "GET":
        raise NotReady
    return response
