namespace Lateen.Net.Http1;

/// <summary>What the parser says of a head. Everything from <see cref="Malformed"/> on is final: the connection cannot be used further.</summary>
internal enum HeadStatus : byte
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    Complete,

    /// <summary>Not HTTP/1.x, or ambiguous: 400.</summary>
    Malformed,

    /// <summary>Bytes of the head exceed the limit: 431.</summary>
    TooLarge,

    /// <summary>More field lines than the limit: 431.</summary>
    TooManyFields,

    /// <summary>A transfer coding other than exactly "chunked": 501.</summary>
    UnsupportedTransferCoding,

    /// <summary>Both Content-Length and Transfer-Encoding: 400 (RFC 9112 6.1: may be an attempt at request smuggling).</summary>
    LengthAndChunked,

    /// <summary>The Connection field names a field that must not be removed, or too many: 400.</summary>
    BadConnectionField,
}
