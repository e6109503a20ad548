namespace Lateen.Net.Http2;

/// <summary>What a field block turned out to be.</summary>
internal enum FieldBlockStatus : byte
{
    Complete,

    /// <summary>RFC 9113 8.1.1: the stream is reset with PROTOCOL_ERROR.</summary>
    Malformed,

    /// <summary>Larger than the limit: 431.</summary>
    TooLarge,

    /// <summary>More fields than the limit: 431.</summary>
    TooManyFields,
}
