namespace Lateen.Model;

/// <summary>The JSON that a value was read from, as UTF-8, for people to see again as they wrote it.</summary>
/// <remarks>All are equal to each other: what a value means stands in its other members, and only that may count as a change.</remarks>
public sealed class SourceText : IEquatable<SourceText>
{
    private readonly byte[] _json;

    public SourceText(byte[] json) => _json = json;

    /// <summary>Nothing was read: the value was made here.</summary>
    public static SourceText None { get; } = new("{}"u8.ToArray());

    /// <summary>One JSON value.</summary>
    public ReadOnlySpan<byte> Json => _json;

    public bool Equals(SourceText? other) => other is not null;

    public override bool Equals(object? obj) => obj is SourceText;

    public override int GetHashCode() => 0;
}
