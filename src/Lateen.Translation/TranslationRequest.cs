using Lateen.Model;
using Lateen.Model.Workloads;

namespace Lateen.Translation;

/// <summary>The whole argument of a translation, and so the key of any cache of it.</summary>
/// <param name="Names">The resources asked for; empty asks for all of a wildcard type (clusters, listeners).</param>
public sealed record TranslationRequest(MeshSnapshot Snapshot, ProxyNode Proxy, string TypeUrl, EquatableArray<string> Names);
