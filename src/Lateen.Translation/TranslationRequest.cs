using Lateen.Model;
using Lateen.Model.Workloads;
using Lateen.Translation.Views;

namespace Lateen.Translation;

/// <summary>The whole argument of a translation, and so the key of any cache of it.</summary>
/// <param name="Names">The resources asked for; empty asks for all of a wildcard type (clusters, listeners).</param>
/// <param name="Part">Which part of the resources, see <see cref="ViewKey.PartsOf"/>.</param>
public sealed record TranslationRequest(
    MeshSnapshot Snapshot, ProxyNode Proxy, string TypeUrl, EquatableArray<string> Names, ResourcePart Part = ResourcePart.Whole);
