namespace Lateen.ControlPlane.Discovery;

/// <summary>Which generator serves.</summary>
internal static class Generators
{
    public static IResourceGenerator Create() => new EmptyGenerator();
}
