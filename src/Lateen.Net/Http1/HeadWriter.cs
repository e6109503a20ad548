namespace Lateen.Net.Http1;

/// <summary>Writes a message's head, piece by piece, into room that was reserved for all of it.</summary>
internal ref struct HeadWriter(Span<byte> output)
{
    private readonly Span<byte> _output = output;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    public void Add(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_output[Length..]);
        Length += text.Length;
    }

    public void Add(int number)
    {
        number.TryFormat(_output[Length..], out int digits);
        Length += digits;
    }

    /// <summary>The lines that are to be forwarded.</summary>
    public void AddFieldsOf(MessageHead head) => Length += head.WriteFields(_output[Length..]);
}
