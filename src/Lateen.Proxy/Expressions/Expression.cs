using System.Buffers.Text;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Expressions;

/// <summary>A compiled expression over one stream: writes its value as text, nothing when it has none. Evaluation allocates nothing.</summary>
internal abstract class Expression
{
    /// <summary>Longer values are cut: they become labels or are compared with short ones.</summary>
    public const int MaximumLength = 1024;

    public abstract void Write(ref LogWriter writer, StreamInfo info, ProxyWorker worker);

    public virtual bool IsTrue(StreamInfo info, ProxyWorker worker)
    {
        LogWriter writer = new(stackalloc byte[8]);
        Write(ref writer, info, worker);
        return writer.Written.SequenceEqual("true"u8);
    }
}

/// <summary>A text that is there from the start.</summary>
internal sealed class LiteralExpression(byte[] text) : Expression
{
    public byte[] Text { get; } = text;

    public override void Write(ref LogWriter writer, StreamInfo info, ProxyWorker worker) => writer.Put(Text);
}

/// <summary>An attribute of the stream.</summary>
internal sealed class AttributeExpression(LogValue value) : Expression
{
    public override void Write(ref LogWriter writer, StreamInfo info, ProxyWorker worker) => value(ref writer, info, worker);
}

/// <summary>True or false.</summary>
internal abstract class Condition : Expression
{
    public override void Write(ref LogWriter writer, StreamInfo info, ProxyWorker worker) =>
        writer.Put(IsTrue(info, worker) ? "true"u8 : "false"u8);
}

internal sealed class BothCondition(Expression left, Expression right) : Condition
{
    public override bool IsTrue(StreamInfo info, ProxyWorker worker) => left.IsTrue(info, worker) && right.IsTrue(info, worker);
}

internal sealed class EitherCondition(Expression left, Expression right) : Condition
{
    public override bool IsTrue(StreamInfo info, ProxyWorker worker) => left.IsTrue(info, worker) || right.IsTrue(info, worker);
}

internal sealed class NotCondition(Expression inner) : Condition
{
    public override bool IsTrue(StreamInfo info, ProxyWorker worker) => !inner.IsTrue(info, worker);
}

/// <summary><c>has(x)</c>: the attribute has a value.</summary>
internal sealed class HasCondition(Expression inner) : Condition
{
    public override bool IsTrue(StreamInfo info, ProxyWorker worker)
    {
        LogWriter writer = new(stackalloc byte[MaximumLength]);
        inner.Write(ref writer, info, worker);
        return writer.Length > 0 || writer.Overflowed;
    }
}

/// <summary><c>==</c>, <c>&lt;</c> and their like: as numbers where both sides are numbers, else as text.</summary>
internal sealed class CompareCondition(string operation, Expression left, Expression right) : Condition
{
    public override bool IsTrue(StreamInfo info, ProxyWorker worker)
    {
        LogWriter first = new(stackalloc byte[MaximumLength]);
        LogWriter second = new(stackalloc byte[MaximumLength]);
        left.Write(ref first, info, worker);
        right.Write(ref second, info, worker);
        int order = TryNumber(first.Written, out double a) && TryNumber(second.Written, out double b)
            ? a.CompareTo(b) : first.Written.SequenceCompareTo(second.Written);
        return operation switch
        {
            "==" => order == 0,
            "!=" => order != 0,
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out double value) =>
        Utf8Parser.TryParse(text, out value, out int used) && used == text.Length && used > 0;
}

/// <summary><c>x.startsWith(y)</c>, <c>endsWith</c>, <c>contains</c>.</summary>
internal sealed class PartCondition(string function, Expression whole, Expression part) : Condition
{
    public override bool IsTrue(StreamInfo info, ProxyWorker worker)
    {
        LogWriter text = new(stackalloc byte[MaximumLength]);
        LogWriter wanted = new(stackalloc byte[MaximumLength]);
        whole.Write(ref text, info, worker);
        part.Write(ref wanted, info, worker);
        return function switch
        {
            "startsWith" => text.Written.StartsWith(wanted.Written),
            "endsWith" => text.Written.EndsWith(wanted.Written),
            _ => text.Written.IndexOf(wanted.Written) >= 0,
        };
    }
}

/// <summary><c>a + b</c> of texts.</summary>
internal sealed class JoinExpression(Expression left, Expression right) : Expression
{
    public override void Write(ref LogWriter writer, StreamInfo info, ProxyWorker worker)
    {
        left.Write(ref writer, info, worker);
        right.Write(ref writer, info, worker);
    }
}

/// <summary><c>c ? a : b</c>.</summary>
internal sealed class ChoiceExpression(Expression condition, Expression then, Expression otherwise) : Expression
{
    public override void Write(ref LogWriter writer, StreamInfo info, ProxyWorker worker) =>
        (condition.IsTrue(info, worker) ? then : otherwise).Write(ref writer, info, worker);
}
