using System.Text;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.AccessLog;

/// <summary>Writes one value of a stream; writing nothing means that it is absent.</summary>
internal delegate void LogValue(ref LogWriter writer, StreamInfo info, ProxyWorker worker);

/// <summary>One part of a format: a literal or an operator.</summary>
internal sealed class LogOperator
{
    private readonly LogValue? _value;

    public LogOperator(LogValue value, bool isNumber = false, int maximumLength = int.MaxValue)
    {
        (_value, IsNumber, MaximumLength) = (value, isNumber, maximumLength);
    }

    private LogOperator(byte[] text)
    {
        (Text, MaximumLength) = (text, int.MaxValue);
    }

    public byte[] Text { get; } = [];

    public bool IsLiteral => _value is null;

    /// <summary>JSON writes it as a number.</summary>
    public bool IsNumber { get; }

    /// <summary>The Z of %OPERATOR(..):Z%, bytes.</summary>
    public int MaximumLength { get; }

    public static LogOperator Literal(string text) => new(Encoding.UTF8.GetBytes(text));

    public void Write(ref LogWriter writer, StreamInfo info, ProxyWorker worker)
    {
        if (_value is null)
        {
            writer.Put(Text);
        }
        else if (MaximumLength == int.MaxValue)
        {
            _value(ref writer, info, worker);
        }
        else
        {
            Span<byte> whole = stackalloc byte[4096];
            LogWriter inner = new(whole);
            _value(ref inner, info, worker);
            writer.Put(whole[..Math.Min(inner.Length, MaximumLength)]);
        }
    }
}
