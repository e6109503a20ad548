namespace Lateen.Net.Http1;

/// <summary>A request or response head: its bytes as received, an index of its field lines, and edits made on the way.</summary>
/// <remarks>
/// One object serves one message after another and keeps its arrays: no allocation in the steady state. Spans returned here are valid
/// until the next edit. Edits append to the bytes and leave the received lines where they are, so what is forwarded unchanged is copied in runs
/// and keeps the sender's letter case.
/// </remarks>
internal sealed partial class MessageHead
{
    private const int InitialBytes = 2048, KeptBytes = 16 * 1024;

    private readonly short[] _first = new short[HttpFields.Count];
    private byte[] _bytes = new byte[InitialBytes];
    private FieldLine[] _fields = new FieldLine[32];
    private int _length;
    private int _count;

    /// <summary>Bytes of the head as received, the final empty line included.</summary>
    public int ReceivedBytes { get; private set; }

    /// <summary>Everything taken in so far, parsed or not; without edits.</summary>
    public ReadOnlySpan<byte> Received => _bytes.AsSpan(0, _length);

    public ReadOnlySpan<byte> Method => _bytes.AsSpan(0, _methodLength);

    /// <summary>The request target; after <see cref="SetTarget"/> the new one.</summary>
    public ReadOnlySpan<byte> Target => _bytes.AsSpan(_targetStart, _targetLength);

    /// <summary>Status code of a response, 0 for a request.</summary>
    public int Status { get; private set; }

    public ReadOnlySpan<byte> Reason => _bytes.AsSpan(_targetStart, _targetLength);

    public bool IsHttp10 { get; private set; }

    /// <summary>The value of Content-Length, -1 without one.</summary>
    public long ContentLength { get; private set; } = -1;

    public bool IsChunked { get; private set; }

    /// <summary>The Connection field (or the version's default) says that the sender closes after this message.</summary>
    public bool ConnectionClose { get; private set; }

    /// <summary>The Connection field names "upgrade" and an Upgrade field is there.</summary>
    public bool HasUpgrade { get; private set; }

    public bool ExpectsContinue { get; private set; }

    public bool IsHeadMethod => Method.SequenceEqual("HEAD"u8);

    public bool IsConnectMethod => Method.SequenceEqual("CONNECT"u8);

    public int FieldCount => _count;

    public ReadOnlySpan<FieldLine> Fields => _fields.AsSpan(0, _count);

    public ReadOnlySpan<byte> NameOf(in FieldLine line) => _bytes.AsSpan(line.Start, line.NameLength);

    public ReadOnlySpan<byte> ValueOf(in FieldLine line) => _bytes.AsSpan(line.ValueStart, line.ValueLength);

    public bool Has(HttpField field) => _first[(int)field] != 0;

    /// <summary>The first value of a field, empty when it is absent.</summary>
    public ReadOnlySpan<byte> Get(HttpField field)
    {
        int index = _first[(int)field];
        return index == 0 ? [] : ValueOf(_fields[index - 1]);
    }

    /// <summary>The first value of a field by its name in any case.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        HttpField known = HttpFields.Find(name);
        int index = known == HttpField.Other ? IndexOf(name, 0) : _first[(int)known] - 1;
        value = index < 0 ? [] : ValueOf(_fields[index]);
        return index >= 0;
    }

    /// <summary>Index of the next line with that name from a position on, -1 if there is none.</summary>
    public int IndexOf(ReadOnlySpan<byte> name, int from)
    {
        for (int i = from; i < _count; i++)
        {
            if (!_fields[i].Removed && _fields[i].NameLength == name.Length && HttpSyntax.EqualsIgnoreCase(NameOf(_fields[i]), name))
            {
                return i;
            }
        }
        return -1;
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Add(HttpFields.Find(name), name, value);

    public void Add(HttpField field, ReadOnlySpan<byte> value) => Add(field, HttpFields.NameOf(field), value);

    /// <summary>Adds a field whose name was looked up before: <paramref name="field"/> is what <see cref="HttpFields.Find"/> says of it.</summary>
    public void Add(HttpField field, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int size = name.Length + value.Length + 4;
        EnsureBytes(size);
        Span<byte> line = _bytes.AsSpan(_length, size);
        name.CopyTo(line);
        ": "u8.CopyTo(line[name.Length..]);
        value.CopyTo(line[(name.Length + 2)..]);
        "\r\n"u8.CopyTo(line[(size - 2)..]);
        AddLine(field, _length, name.Length, _length + name.Length + 2, value.Length, _length + size);
        _length += size;
    }

    public void Set(HttpField field, ReadOnlySpan<byte> value)
    {
        Remove(field);
        Add(field, value);
    }

    public void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Remove(name);
        Add(name, value);
    }

    /// <summary>Sets a number; Content-Length also becomes the message's length.</summary>
    public void Set(HttpField field, long value)
    {
        if (field == HttpField.ContentLength)
        {
            ContentLength = value;
        }
        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out int length);
        Set(field, digits[..length]);
    }

    public void Remove(HttpField field)
    {
        if (_first[(int)field] == 0)
        {
            return;
        }
        for (int i = _first[(int)field] - 1; i < _count; i++)
        {
            if (_fields[i].Field == field)
            {
                _fields[i].Removed = true;
            }
        }
        _first[(int)field] = 0;
    }

    public void Remove(ReadOnlySpan<byte> name)
    {
        HttpField known = HttpFields.Find(name);
        if (known != HttpField.Other)
        {
            Remove(known);
            return;
        }
        for (int i = IndexOf(name, 0); i >= 0; i = IndexOf(name, i + 1))
        {
            _fields[i].Removed = true;
        }
    }

    public void SetTarget(ReadOnlySpan<byte> target)
    {
        EnsureBytes(target.Length);
        target.CopyTo(_bytes.AsSpan(_length));
        (_targetStart, _targetLength) = (_length, target.Length);
        _length += target.Length;
    }

    /// <summary>Makes this a response of our own; fields are added next. The object must be reset.</summary>
    public void StartResponse(int status)
    {
        Status = status;
        ReadOnlySpan<byte> reason = StatusReasons.Of(status);
        SetTarget(reason);
    }

    /// <summary>Makes this a request whose parts came one by one (HTTP/2); fields are added next. The object must be reset.</summary>
    public void StartRequest(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target)
    {
        EnsureBytes(method.Length);
        method.CopyTo(_bytes);
        _length = _methodLength = method.Length;
        SetTarget(target);
    }

    /// <summary>What a reader of another framing has found out about the message.</summary>
    public void SetFraming(long contentLength, bool expectsContinue, int receivedBytes) =>
        (ContentLength, ExpectsContinue, ReceivedBytes) = (contentLength, expectsContinue, receivedBytes);

    /// <summary>Length of the lines that are forwarded.</summary>
    public int ForwardedBytes
    {
        get
        {
            int bytes = 0;
            foreach (ref readonly FieldLine line in Fields)
            {
                bytes += line.Removed ? 0 : line.End - line.Start;
            }
            return bytes;
        }
    }

    /// <summary>An upper bound of what <see cref="WriteFields"/> writes.</summary>
    public int FieldBytesBound => _length;

    /// <summary>Copies the lines that are to be forwarded, without start line and final empty line; returns the length.</summary>
    public int WriteFields(Span<byte> destination)
    {
        int written = 0, runStart = 0, runEnd = 0;
        for (int i = 0; i < _count; i++)
        {
            ref FieldLine line = ref _fields[i];
            if (line.Removed)
            {
                continue;
            }
            if (line.Start != runEnd)
            {
                _bytes.AsSpan(runStart, runEnd - runStart).CopyTo(destination[written..]);
                written += runEnd - runStart;
                runStart = line.Start;
            }
            runEnd = line.End;
        }
        _bytes.AsSpan(runStart, runEnd - runStart).CopyTo(destination[written..]);
        return written + runEnd - runStart;
    }

    /// <summary>Makes the object fit for the next message.</summary>
    public void Reset()
    {
        if (_bytes.Length > KeptBytes)
        {
            _bytes = new byte[InitialBytes];
        }
        Array.Clear(_first);
        (_length, _count, ReceivedBytes, Status, ContentLength) = (0, 0, 0, 0, -1);
        (_methodLength, _targetStart, _targetLength) = (0, 0, 0);
        (IsHttp10, IsChunked, ConnectionClose, HasUpgrade, ExpectsContinue) = (false, false, false, false, false);
        (_position, _scanned, _startLineDone) = (0, 0, false);
    }

    private void AddLine(HttpField field, int start, int nameLength, int valueStart, int valueLength, int end)
    {
        if (_count == _fields.Length)
        {
            Array.Resize(ref _fields, _count * 2);
        }
        _fields[_count++] = new FieldLine
        {
            Start = start, NameLength = nameLength, ValueStart = valueStart, ValueLength = valueLength, End = end, Field = field,
        };
        if (field != HttpField.Other && _first[(int)field] == 0)
        {
            _first[(int)field] = (short)_count;
        }
    }

    private void EnsureBytes(int extra)
    {
        if (_length + extra > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_length + extra, _bytes.Length * 2));
        }
    }
}
