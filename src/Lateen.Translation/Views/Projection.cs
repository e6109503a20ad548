using Lateen.Model;

namespace Lateen.Translation.Views;

/// <summary>Keeps of each resource of a kind what matters; what matters and did not change stays the same instance.</summary>
/// <param name="project">The part that matters; null leaves the resource out.</param>
internal sealed class Projection<T>(Func<T, T?> project)
    where T : class, IIstioConfig
{
    private Dictionary<object, T?> _known = new(ReferenceEqualityComparer.Instance);
    private EquatableArray<T> _source;
    private EquatableArray<T> _result;

    public EquatableArray<T> Of(EquatableArray<T> source)
    {
        if (source.IsSame(_source))
        {
            return _result;
        }

        var known = new Dictionary<object, T?>(source.Count, ReferenceEqualityComparer.Instance);
        var kept = new List<T>();
        Dictionary<(string, string), T>? before = null;
        foreach (var item in source)
        {
            if (!_known.TryGetValue(item, out var part))
            {
                part = project(item);
                before ??= _result.ToDictionary(config => (config.Meta.Namespace, config.Meta.Name));
                part = part is not null && before.TryGetValue((part.Meta.Namespace, part.Meta.Name), out var same) && same.Equals(part) ? same : part;
            }

            known[item] = part;
            if (part is not null)
            {
                kept.Add(part);
            }
        }

        _known = known;
        _source = source;
        return _result = SameItems(kept, _result) ? _result : kept.ToEquatableArray();
    }

    private static bool SameItems(List<T> a, EquatableArray<T> b)
    {
        if (a.Count != b.Count)
        {
            return false;
        }

        for (var i = 0; i < a.Count; i++)
        {
            if (!ReferenceEquals(a[i], b[i]))
            {
                return false;
            }
        }

        return true;
    }
}
