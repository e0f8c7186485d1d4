// An echo server with Netty: Netty.java HOST PORT
import io.netty.bootstrap.ServerBootstrap; import io.netty.channel.*; import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
public class Netty {
  public static void main(String[] a) throws Exception {
    new ServerBootstrap().group(new NioEventLoopGroup(2)).channel(NioServerSocketChannel.class).childHandler(new ChannelInitializer<Channel>() {
      protected void initChannel(Channel one) {
        one.pipeline().addLast(new ChannelInboundHandlerAdapter() { public void channelRead(ChannelHandlerContext context, Object data) { context.writeAndFlush(data); } });
      }
    }).bind(a[0], Integer.parseInt(a[1])).sync().channel().closeFuture().sync();
  }
}
