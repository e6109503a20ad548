namespace Lateen.Net.Http1;

/// <summary>One field line of a head: offsets into the head's bytes.</summary>
internal struct FieldLine
{
    /// <summary>Start of the line, which is the start of the name.</summary>
    public int Start;

    public int NameLength;

    public int ValueStart;

    public int ValueLength;

    /// <summary>One past the line's CRLF.</summary>
    public int End;

    public HttpField Field;

    /// <summary>Not forwarded and not found any more.</summary>
    public bool Removed;
}
