namespace Lateen.Injection;

/// <summary>A pod that cannot be injected; the message says what is wrong, where, and is fit for the person who created the pod.</summary>
public sealed class InjectionException : Exception
{
    public InjectionException(string message)
        : base(message)
    {
    }

    public InjectionException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
