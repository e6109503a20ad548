using System.Text;
using Lateen.Net.Sockets;

namespace Lateen.Proxy.AccessLog;

/// <summary>Appends to a span; what does not fit sets <see cref="Overflowed"/> and is dropped.</summary>
internal ref struct LogWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    public int Length { get; private set; }

    public bool Overflowed { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _destination[..Length];

    public void Put(byte b)
    {
        if (Length < _destination.Length)
        {
            _destination[Length++] = b;
        }
        else
        {
            Overflowed = true;
        }
    }

    public void Put(scoped ReadOnlySpan<byte> text)
    {
        if (text.Length <= _destination.Length - Length)
        {
            text.CopyTo(_destination[Length..]);
            Length += text.Length;
        }
        else
        {
            Overflowed = true;
        }
    }

    /// <summary>A peer's text in a line: control characters, which could forge lines, are escaped as \xNN.</summary>
    public void PutText(scoped ReadOnlySpan<byte> text)
    {
        if (text.IndexOfAnyInRange((byte)0, (byte)0x1f) < 0)
        {
            Put(text);
            return;
        }
        foreach (byte b in text)
        {
            if (b >= 0x20)
            {
                Put(b);
                continue;
            }
            Put("\\x"u8);
            Put("0123456789abcdef"u8[b >> 4]);
            Put("0123456789abcdef"u8[b & 15]);
        }
    }

    public void Put(string? text)
    {
        if (text is null)
        {
            return;
        }
        if (Encoding.UTF8.TryGetBytes(text, _destination[Length..], out int written))
        {
            Length += written;
        }
        else
        {
            Overflowed = true;
        }
    }

    public void Put(scoped ReadOnlySpan<char> text)
    {
        if (Encoding.UTF8.TryGetBytes(text, _destination[Length..], out int written))
        {
            Length += written;
        }
        else
        {
            Overflowed = true;
        }
    }

    public void Put(long value)
    {
        if (value.TryFormat(_destination[Length..], out int written))
        {
            Length += written;
        }
        else
        {
            Overflowed = true;
        }
    }

    public void Put(in IpEndpoint address)
    {
        if (address.IsValid)
        {
            Span<byte> text = stackalloc byte[IpEndpoint.MaximumTextLength];
            Put(text[..address.Format(text)]);
        }
    }

    public void PutAddress(in IpEndpoint address)
    {
        if (address.IsValid)
        {
            Span<byte> text = stackalloc byte[IpEndpoint.MaximumTextLength];
            Put(text[..address.FormatAddress(text)]);
        }
    }

    /// <summary>Digits with leading zeros.</summary>
    public void PutPadded(long value, int width)
    {
        Span<byte> text = stackalloc byte[20];
        for (int i = width - 1; i >= 0; i--)
        {
            text[i] = (byte)('0' + (value % 10));
            value /= 10;
        }
        Put(text[..width]);
    }
}
