using System.Collections;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Discovery;

/// <summary>Two lists of resources as one, without a copy: the parts are shared with other proxies.</summary>
internal sealed class JoinedResources(IReadOnlyList<XdsResource> first, IReadOnlyList<XdsResource> second) : IReadOnlyList<XdsResource>
{
    public int Count => first.Count + second.Count;

    public XdsResource this[int index] => index < first.Count ? first[index] : second[index - first.Count];

    /// <summary>Whether it joins these very lists.</summary>
    public bool Joins(IReadOnlyList<XdsResource> one, IReadOnlyList<XdsResource> other) => ReferenceEquals(first, one) && ReferenceEquals(second, other);

    public IEnumerator<XdsResource> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
