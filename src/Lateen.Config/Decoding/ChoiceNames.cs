using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Lateen.Config.Decoding;

/// <summary>The spelling of an enum in Istio's API (`ROUND_ROBIN`) beside ours (`RoundRobin`).</summary>
public sealed class ChoiceNames<T>
    where T : struct, Enum
{
    private readonly FrozenDictionary<string, T> _byName;

    internal ChoiceNames(IEnumerable<KeyValuePair<string, T>> names)
    {
        var list = names.ToImmutableArray();
        Names = [.. list.Select(pair => pair.Key)];
        _byName = list.ToFrozenDictionary();
    }

    /// <summary>The accepted spellings, in the order they were declared.</summary>
    public ImmutableArray<string> Names { get; }

    public bool TryFind(string name, out T value) => _byName.TryGetValue(name, out value);
}
